"""How fast the program is, always beside a yardstick measured in the same run. `make bench` runs it.

A figure of seconds or requests says more about a machine than about a program. Each figure here is a ratio
to something bare that does the same kind of work at the same time on the same machine: a Flask view that
returns a string, an INSERT and its commit, `COPY`, smtplib. Figures that are no ratio have a limit of their own.
"""
