"""The edge out: notices become mails, mails are frozen in the outbox, frozen mails go to the smarthost and each answer is recorded."""
