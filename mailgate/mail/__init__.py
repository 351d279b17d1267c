"""The formats of the mail RFCs: bytes in, values out. Pure: no I/O, no clock, no other part of mailgate but `errors`."""
