"""Mail that is not in the journal yet: read it (`parse`), say what would happen to it (`explain`), accept it (`inject`)."""
