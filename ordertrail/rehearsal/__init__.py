"""The truth test: the real poller and log in virtual time, against simulators that know what really happened.

virtual    a loop and a clock that jump to what happens next
scenario   what is rehearsed: orders, days, faults, budgets
wire       providers in the same process; notes every look with the truth it was answered from
process    a process of ours, its clock, and how it may end
usage      how much of the budget is used while any order is due
stage      the whole of it, run to its end
lives      the edges of docs/lifecycles.md, written down a second time, and what they make certain
ideal      what an honest record of those looks says, and no more
recorded   what the log says of an order
scoring    the log against the truth and the ideal
rehearse   play, project, score, sum up
"""
