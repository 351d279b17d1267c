"""Mail that no person wrote by hand, or hardly: automatic answers, bulk, calendar answers, reactions. Pure."""
