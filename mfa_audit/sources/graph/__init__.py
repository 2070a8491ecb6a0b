"""Microsoft Graph: sign-in, requests within its limits, listings read whole or said to be partial."""
