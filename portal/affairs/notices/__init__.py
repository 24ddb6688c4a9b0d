"""通知: a unit tells the units below it something; each gives one receipt, where one is asked."""
