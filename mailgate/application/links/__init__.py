"""What is done behind a link of a mail, without logging in: answer a proposal, take up a redirected mail, choose notices."""
