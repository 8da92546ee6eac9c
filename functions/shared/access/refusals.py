"""How AWS's services spell that they refuse the caller; each code may have a suffix, such as Exception."""

REFUSED = ("AccessDenied", "UnrecognizedClient", "ExpiredToken", "InvalidClientTokenId")
