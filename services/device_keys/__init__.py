"""The keys of devices, as those know them who let devices in: the secret's form, and the keys that location keeps."""
