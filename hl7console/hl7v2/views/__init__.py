"""Ways of showing a message, one file each: tree, raw, hex. No Qt."""
