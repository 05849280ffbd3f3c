import { type Command, InvalidArgumentError, Option } from 'commander';
import { isTime } from '@rcm/telemetry';
import type { RotatorConfig } from '../config.ts';
import { type ClearOptions, retryCommand, unlockedCommand } from './clear-login.ts';
import { type CommandContext, personalAct } from './command.ts';
import { forgetDeviceCommand } from './forget-device.ts';
import { lookCommand } from './look.ts';
import { type Output, person, type Person } from './options.ts';
import { personsWordCommand } from './persons-word.ts';
import { setLoginCommand } from './set-login.ts';
import { verifyCommand } from './verify-login.ts';

type Run = (options: Output, act: (context: CommandContext, config: RotatorConfig) => Promise<number>) => Promise<void>;

/** What a person does to put one login right: say that it is unlocked, have its password tried, prove it, give another one. */
export function addRepairs(command: (name: string, description: string) => Command, run: Run): void {
  const clearing = [
    ['unlocked', 'note that the portal’s support has unlocked an account: failures from before you say so count no more', unlockedCommand],
    ['retry', 'try a refused password now, if the account’s budget allows it, then search the copies for the one that the portal accepts', retryCommand],
  ] as const;
  for (const [name, description, act] of clearing) {
    const cleared = person(command(name, description))
      .requiredOption('--endpoint <id>', 'the endpoint whose login it is')
      .option('--dry-run', 'say what would be done and change nothing');
    if (name === 'unlocked') cleared.option('--user <name>', 'the user name that was unlocked: refused where the secret names another one');
    cleared.action((options: Output & Person & { endpoint: string; user?: string }) =>
      run(options, async (context, config) => {
        const by = await personalAct(options, config);
        const clear: ClearOptions = { ...by, endpointId: options.endpoint, username: options.user, dryRun: options.dryRun ?? false };
        return act(context, clear);
      }),
    );
  }
  person(command('forget-device', 'use no longer what the portal knows the device by: a device was stolen, or is in the way'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login it is')
    .option('--dry-run', 'say when one was kept, and change nothing')
    .action((options: Output & Person & { endpoint: string }) =>
      run(options, async (context, config) =>
        forgetDeviceCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, dryRun: options.dryRun ?? false }),
      ),
    );
  const words = [
    ['logged-in', 'logged_in', 'note that a person logged in at the portal, so that it counts as used'],
    ['recertified', 'recertified', 'note that a person recertified a login at the portal'],
  ] as const;
  for (const [name, kind, description] of words) {
    person(command(name, description))
      .requiredOption('--endpoint <id>', 'the endpoint whose login it is')
      .addOption(new Option('--at <time>', 'when, where it was not now: a day or an ISO time').argParser(instant))
      .option('--dry-run', 'say what would be noted and change nothing')
      .action((options: Output & Person & { endpoint: string; at?: Date }) =>
        run(options, async (context, config) =>
          personsWordCommand(context, {
            ...(await personalAct(options, config)),
            endpointId: options.endpoint,
            kind,
            at: options.at ?? null,
            dryRun: options.dryRun ?? false,
          }),
        ),
      );
  }
  person(command('verify', 'one login with what the store holds: does the portal accept it?'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login it is')
    .option('--dry-run', 'say how many failed logins are left, and spend none')
    .action((options: Output & Person & { endpoint: string }) =>
      run(options, async (context, config) =>
        verifyCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint, dryRun: options.dryRun ?? false }),
      ),
    );
  person(command('look', 'open the pages of its portal without logging in, compare them with the recipe, and keep pictures of them; costs no login'))
    .requiredOption('--endpoint <id>', 'the endpoint whose portal it is')
    .action((options: Output & Person & { endpoint: string }) =>
      run(options, async (context, config) => lookCommand(context, { ...(await personalAct(options, config)), endpointId: options.endpoint })),
    );
  person(command('set', 'store a password that a person knows, from a prompt or stdin, once one login has proved it'))
    .requiredOption('--endpoint <id>', 'the endpoint whose login it is')
    .option('--seed', 'the seed of its one-time codes, too')
    .option('--unproved', 'do not log in to prove it: you answer for it')
    .option('--dry-run', 'say what would be done and change nothing')
    .action((options: Output & Person & { endpoint: string; seed?: boolean; unproved?: boolean }) =>
      run(options, async (context, config) =>
        setLoginCommand(context, {
          ...(await personalAct(options, config)),
          endpointId: options.endpoint,
          asks: options.seed ? 'both' : 'password',
          proof: options.unproved ? 'unproved' : 'login',
          dryRun: options.dryRun ?? false,
        }),
      ),
    );
}

function instant(text: string): Date {
  if (!isTime(text)) throw new InvalidArgumentError('It must be a day or an ISO time.');
  return new Date(text);
}
