"""The customers' portal: one module per page, one function per request."""
