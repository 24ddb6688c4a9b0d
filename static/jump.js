// Sends the ticket on at once; without scripts the button below it does the same.
document.forms[0].submit();
