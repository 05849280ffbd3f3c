import { type DeclaredHost, type HostAddress, hostAddresses } from '@rcm/portal-drivers';
import { RcmError } from '@rcm/telemetry';

/** Reads `--address`: where the hosts that are named in the call lie, as a portal type would say it of each. Fails with `input_invalid`. */
export function addressFrom(typed: string | undefined): HostAddress {
  const address = hostAddresses.find((one) => one === (typed ?? 'public'));
  if (!address) throw new RcmError('input_invalid', `--address is ${hostAddresses.join(', ')}: where the portal's hosts lie. Nothing was done.`);
  return address;
}

/** Help of the option. */
export const ADDRESS_HELP = 'where the hosts lie: public (the default), private (a network of your own) or loopback (this machine); elsewhere nothing is sent';

/** Further hosts as they were typed: `host`, or `name=host` for one that the recipe names, which goes before where the recipe says that it is. */
export const hostsFrom = (typed: readonly string[], address: HostAddress): DeclaredHost[] =>
  typed.map((text) => {
    const [, name, host] = /^([a-z][a-z0-9_]{0,39})=(.+)$/.exec(text) ?? [];
    return name !== undefined && host !== undefined ? { host, address, name } : { host: text, address };
  });
