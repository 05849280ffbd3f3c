/**
 * A network of the tests' own: this machine's loopback and one card that leads nowhere. A browser gives up all that it waits for when an address of its
 * machine comes or goes (ERR_NETWORK_CHANGED), as one does with every container that starts or ends beside the tests; there, none does. And nothing that is
 * tried there can reach anything outside.
 */
import { spawnSync } from 'node:child_process';

const TRY_TIMEOUT_MS = 15_000;

/** Without a card that is up, browsers hold themselves offline. A link-local address of IPv6 would come a second later, and be a change itself (192.0.2.0/24: RFC 5737). */
const SET_UP = [
  'ip link set lo up',
  'ip link add own0 type veth peer name own1',
  'ip link set own0 addrgenmode none',
  'ip link set own1 addrgenmode none',
  'ip address add 192.0.2.1/24 dev own0',
  'ip link set own0 up',
  'ip link set own1 up',
  'exec "$@"',
].join(' && ');

/** What a command is started through that is to have it, itself the same process. */
const THROUGH = ['unshare', '--net', 'sh', '-c', SET_UP, 'sh'];

/** @typedef {{ through: string[], why: string }} OwnNetwork `through`: empty where there can be none, and why, in a few words */

/** @returns {OwnNetwork} */
export function ownNetwork() {
  if (process.env.RCM_TEST_IMAGES) return { through: [], why: 'RCM_TEST_IMAGES names containers, which are on this machine’s network' };
  const [command = '', ...args] = THROUGH;
  const done = spawnSync(command, [...args, 'true'], { encoding: 'utf8', timeout: TRY_TIMEOUT_MS, stdio: ['ignore', 'pipe', 'pipe'] });
  if (done.status === 0) return { through: THROUGH, why: '' };
  const said = (done.stderr ?? '').trim().split('\n').at(-1);
  return { through: [], why: said || done.error?.message || `no answer within ${TRY_TIMEOUT_MS / 1000} s` };
}
