"""Sends the readings of three real weather stations, as any client would: a year as history, then a heat wave live."""
