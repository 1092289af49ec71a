"""The paid job: journal, state machine, polling schedule, media inspection."""
