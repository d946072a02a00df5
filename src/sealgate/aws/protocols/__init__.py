"""One module a wire protocol: parsing requests, serialising answers and errors."""
