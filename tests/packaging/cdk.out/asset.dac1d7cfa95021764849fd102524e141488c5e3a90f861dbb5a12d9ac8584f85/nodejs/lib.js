exports.lib = 1;
