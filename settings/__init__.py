"""How the value of each setting is read. The table of settings is config.py; everything may import both."""
