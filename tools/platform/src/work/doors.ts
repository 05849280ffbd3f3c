import { join } from 'node:path';
import { API_AUDIENCE, type SignIn, startSignIn } from '@rcm/demo-sign-in';
import { replaceFile } from '@rcm/local-aws/kit';
import { freePort } from '@rcm/test-services/machine';
import type { DataFolder } from '../data/folder.ts';
import type { ApiTokens, AppSetting } from '../processes/environment.ts';
import type { Supervisor } from '../processes/supervisor.ts';
import { hospitals, NORTH } from '../seed/logins.ts';
import type { Stops } from '../services.ts';
import { startAuditHeads } from './audit-trail.ts';
import { startConsole } from './console.ts';

/** Where others come in while a run stays up: people at the console, services at the web-agent's API. */
export interface Doors {
  readonly consoleUrl: string;
  readonly tokens: ApiTokens;
  /** For `curl --config`: asks for a token of the North Hospital's. */
  readonly tokenRequest: string;
}

/** A sign-in for both, and the console. They end with the platform. */
export async function openDoors(setting: AppSetting, supervisor: Supervisor, stops: Stops): Promise<Doors> {
  const port = await freePort();
  // By name: browsers keep a secure cookie of it although there is no TLS.
  const consoleUrl = `http://localhost:${port}`;
  const services = hospitals.map(({ id }) => ({ id: serviceOf(id), orgId: id }));
  const signIn = await startSignIn({ redirectUris: [`${consoleUrl}/signed-in`], services });
  stops.push('sign-in', () => signIn.close());
  await startConsole({ setting, signIn, port, url: consoleUrl }, supervisor, stops);
  // What its page Audit asks for.
  await startAuditHeads(setting.folder, setting.adminUrl, { supervisor, stops });
  return {
    consoleUrl,
    tokens: { issuer: signIn.issuer, audience: API_AUDIENCE, jwksUrl: signIn.jwksUrl },
    tokenRequest: writeTokenRequest(setting.folder, signIn),
  };
}

const serviceOf = (orgId: string): string => `claims-of-${orgId}`;

/** In a file, since what stands on a command line can be read by everybody on the machine. */
function writeTokenRequest(folder: DataFolder, { clientSecret, tokenUrl }: SignIn): string {
  const path = join(folder.keys, 'token-request.curl');
  const lines = [
    `url = "${tokenUrl}"`,
    `user = "${serviceOf(NORTH)}:${clientSecret}"`,
    'data = "grant_type=client_credentials"',
    'data-urlencode = "scope=tasks:write tasks:read:org"',
    'silent',
  ];
  replaceFile(path, lines.map((line) => `${line}\n`).join(''));
  return path;
}
