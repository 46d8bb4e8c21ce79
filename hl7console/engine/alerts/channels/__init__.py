"""How people are told of alerts: by e-mail, by a webhook, by a command.

Notices lie in the table ``alert_notices`` from the moment of the alert on; `outbox` takes what is
due, one worker a channel, and `texts` puts it in words.
"""
