"""Two systems that only put out files, on one SFTP server with a folder and an account for each."""
