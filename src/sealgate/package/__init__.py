"""What a package is: a plain ZIP archive, its digests, and its signature entry. Bytes in, values out."""
