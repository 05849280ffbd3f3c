import type { EnvironmentEndpoint, PortalCode } from '@rcm/test-environment';
import { afterAll, beforeAll, beforeEach } from 'vitest';
import { commandEnvironment } from '../command-environment.fixture.ts';
import { callRotator, type CommandEnd } from '../process.fixture.ts';
import { openRotatorEnvironment, type RotatorEnvironment } from '../testing.fixture.ts';
import { actsOn, type LoginActs } from './login-acts.fixture.ts';

/** What a file needs to try commands on logins that each test adds for itself; opened before its tests and closed after them. */
class LoginCommands {
  opened!: RotatorEnvironment;
  acts!: LoginActs;
  environment: Readonly<Record<string, string>> = {};

  readonly login = (portal: PortalCode = 'alpine'): Promise<EnvironmentEndpoint> => this.opened.testEnvironment.addEndpoint(portal);
  readonly rotator = (...parameters: string[]): Promise<CommandEnd> => callRotator([...parameters, '--json'], this.environment);
  readonly codeOf = (end: CommandEnd): string => end.json<{ error: { code: string } }>().error.code;
}

export function openForCommands(): LoginCommands {
  const commands = new LoginCommands();
  beforeAll(async () => {
    commands.opened = await openRotatorEnvironment({ endpoints: [], portalType: { propagationDelayMs: 200 } });
    commands.environment = commandEnvironment(commands.opened.testEnvironment);
    commands.acts = actsOn(commands.opened);
  });
  afterAll(() => commands.opened?.close());
  // What one test's logins met says nothing about the portal to those of the next.
  beforeEach(() =>
    commands.opened.sql(
      `UPDATE login_attempt SET started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day', rests_until = rests_until - interval '1 day'`,
      [],
    ),
  );
  return commands;
}
