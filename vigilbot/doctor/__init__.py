"""`vigilbot doctor`: looks at everything the bot needs, and names one fix for each fault."""

from vigilbot.doctor.examination import examine
from vigilbot.doctor.finding import Finding, report

__all__ = ["Finding", "examine", "report"]
