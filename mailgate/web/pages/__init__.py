"""What every page needs to be shown: templates, words, dates, forms."""
