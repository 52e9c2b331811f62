"""The rules: no request, no SQL, no HTML."""
