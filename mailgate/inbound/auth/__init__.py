"""Who a mail is from: SPF, DKIM, DMARC and ARC, with DNS."""
