"""Alerts: what rules find wrong, for how long, and who is told of it.

`watch` takes a turn with what `facts` tells and the `kinds` find; `life` decides when an alert
begins and ends; `service` is the thread; `channels` tell people.
"""
