"""Taking files, folders, archives and pasted text in."""
