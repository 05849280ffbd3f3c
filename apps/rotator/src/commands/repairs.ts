import { type Command, InvalidArgumentError, Option } from 'commander';
import { isTime } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { retryCommand, unlockedCommand } from './clear-login.ts';
import { type AddCommand, type PersonalAct, personalAct, type RunCommand } from './command.ts';
import { forgetDeviceCommand } from './forget-device.ts';
import { lookCommand } from './look.ts';
import { type Output, person, type Person } from './options.ts';
import { personsWordCommand } from './persons-word.ts';
import { setLoginCommand } from './set-login.ts';
import { verifyCommand } from './verify-login.ts';

/** What a person does to put one login right: say that it is unlocked, have its password tried, prove it, give another one. */
export function addRepairs(command: AddCommand, run: RunCommand): void {
  const ofLogin = (name: string, description: string, endpoint = 'the endpoint whose login it is'): Command =>
    person(command(name, description)).requiredOption('--endpoint <id>', endpoint);
  const clearing = [
    ['unlocked', 'note that the portal’s support has unlocked an account: failures from before you say so count no more', unlockedCommand],
    ['retry', 'try a refused password now, if the account’s budget allows it, then search the copies for the one that the portal accepts', retryCommand],
  ] as const;
  for (const [name, description, act] of clearing) {
    const cleared = ofLogin(name, description).option('--dry-run', 'say what would be done and change nothing');
    if (name === 'unlocked') cleared.option('--user <name>', 'the user name that was unlocked: refused where the secret names another one');
    cleared.action((options: Repair & { user?: string }) =>
      run(options, async (context, config) => act(context, { ...(await repairBy(options, config)), username: options.user })),
    );
  }
  ofLogin('forget-device', 'use no longer what the portal knows the device by: a device was stolen, or is in the way')
    .option('--dry-run', 'say when one was kept, and change nothing')
    .action((options: Repair) => run(options, async (context, config) => forgetDeviceCommand(context, await repairBy(options, config))));
  const words = [
    ['logged-in', 'logged_in', 'note that a person logged in at the portal, so that it counts as used'],
    ['recertified', 'recertified', 'note that a person recertified a login at the portal'],
  ] as const;
  for (const [name, kind, description] of words) {
    ofLogin(name, description)
      .addOption(new Option('--at <time>', 'when, where it was not now: a day or an ISO time').argParser(instant))
      .option('--dry-run', 'say what would be noted and change nothing')
      .action((options: Repair & { at?: Date }) =>
        run(options, async (context, config) => personsWordCommand(context, { ...(await repairBy(options, config)), kind, at: options.at ?? null })),
      );
  }
  ofLogin('verify', 'one login with what the store holds: does the portal accept it?')
    .option('--dry-run', 'say how many failed logins are left, and spend none')
    .action((options: Repair) => run(options, async (context, config) => verifyCommand(context, await repairBy(options, config))));
  ofLogin(
    'look',
    'open the pages of its portal without logging in, compare them with the recipe, and keep pictures of them; costs no login',
    'the endpoint whose portal it is',
  ).action((options: Repair) => run(options, async (context, config) => lookCommand(context, await repairBy(options, config))));
  ofLogin('set', 'store a password that a person knows, from a prompt or stdin, once one login has proved it')
    .option('--seed', 'the seed of its one-time codes, too')
    .option('--unproved', 'do not log in to prove it: you answer for it')
    .option('--dry-run', 'say what would be done and change nothing')
    .action((options: Repair & { seed?: boolean; unproved?: boolean }) =>
      run(options, async (context, config) =>
        setLoginCommand(context, {
          ...(await repairBy(options, config)),
          asks: options.seed ? 'both' : 'password',
          proof: options.unproved ? 'unproved' : 'login',
        }),
      ),
    );
}

type Repair = Output & Person & { readonly endpoint: string };

/** Which login it is about, who does it and why, and whether it is only to be said what would be done. */
async function repairBy(options: Repair, config: RotatorConfig): Promise<PersonalAct & { readonly endpointId: string; readonly dryRun: boolean }> {
  return { ...(await personalAct(options, config)), endpointId: options.endpoint, dryRun: options.dryRun ?? false };
}

function instant(text: string): Date {
  if (!isTime(text)) throw new InvalidArgumentError('It must be a day or an ISO time.');
  return new Date(text);
}
