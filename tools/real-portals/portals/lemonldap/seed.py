# Sixty claims as tickets, seen by whoever the portal has signed in and by nobody else.
#   python3 seed.py TRAC_ENVIRONMENT
import sys

from trac.env import open_environment
from trac.perm import PermissionSystem
from trac.ticket.model import Ticket

path = sys.argv[1]
env = open_environment(path)
permissions = PermissionSystem(env)
for user, action in [(p[0], p[1]) for p in permissions.get_all_permissions()]:
    permissions.revoke_permission(user, action)
permissions.grant_permission('authenticated', 'TICKET_VIEW')
for number in range(1, 61):
    ticket = Ticket(env)
    ticket['summary'] = 'Claim CLM-%04d' % number
    ticket['reporter'] = 'clerk'
    ticket['owner'] = 'clerk' if number % 2 else 'coder'
    ticket['status'] = ('new', 'accepted', 'assigned')[number % 3]
    ticket['priority'] = ('minor', 'major', 'critical')[number % 3]
    ticket['type'] = 'task'
    ticket.insert()
for section, name, value in [
    ('query', 'items_per_page', '25'),
    ('trac', 'default_handler', 'QueryModule'),
    ('logging', 'log_type', 'stderr'),
    ('notification', 'smtp_enabled', 'disabled'),
]:
    env.config.set(section, name, value)
env.config.save()
