import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Demo } from '../demo.fixture.ts';
import { PortalProcess } from '../portal-process.fixture.ts';

export const SEED = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
export const RULES = 'minlength: 12; maxlength: 12; required: upper; required: lower; required: digit;';

/** What a login at alpine prints, without its times. */
export const ALPINE_LOGIN = [
  '  ✓ login: open /login (done)',
  '  – login: optional (skipped)',
  '  ✓ login: fill "User name" (done)',
  '  ✓ login: fill "Password" (done)',
  '  ✓ login: press "Sign in" (done)',
  '  – logout: open /home (skipped)',
  '  ✓ logout: press "Sign out" (done)',
  'login: accepted: logged in.',
  '',
].join('\n');

/** Standard input that is no credential, and the sentence that says so. */
export const UNUSABLE = [
  ['no JSON', 'Old-password-1', 'The credential payload is not JSON.'],
  ['nothing', '', 'Standard input holds no credential'],
  ['no password', '{"username":"ann"}', 'The credential payload is not usable: password: expected string.'],
] as const;

export const payload = (username: string, password = 'Old-password-1', more: object = {}): string => JSON.stringify({ username, password, ...more });

/** Only what is not a time of its own. */
export const withoutTimes = (text: string): string => text.replace(/, \d+ ms\)/g, ')');

/** The demo portals; for each test a folder of its own, and accounts as they were. */
export class TryStage {
  readonly demo: Demo;
  folder = '';

  private constructor(demo: Demo) {
    this.demo = demo;
  }

  static async start(): Promise<TryStage> {
    return new TryStage(await Demo.start());
  }

  async begin(): Promise<void> {
    this.folder = await mkdtemp(join(tmpdir(), 'portal-try-'));
    await this.demo.account('alpine', 'ann', 'Old-password-1');
    await this.demo.account('borealis', 'bea', 'Old-password-1', SEED);
  }

  async end(): Promise<void> {
    await PortalProcess.endAll();
    await this.demo.control('PUT', '/faults', { portal: 'alpine', fault: 'none' });
    await rm(this.folder, { recursive: true, force: true });
  }

  close(): Promise<void> {
    return this.demo.close();
  }

  at(portal: 'alpine' | 'borealis'): string[] {
    return ['try', this.demo.patientRecipe(portal), '--base-url', this.demo.baseUrl(portal), '--address', 'loopback'];
  }

  async kept(): Promise<{ state: string; new: { password: string }; old: { password: string } }> {
    return JSON.parse(await readFile(join(this.folder, 'kept.json'), 'utf8'));
  }
}
