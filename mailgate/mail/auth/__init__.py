"""The formats of mail authentication: DKIM, DMARC, Authentication-Results, Received. Pure: no DNS."""
