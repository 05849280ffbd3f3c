import { readConfig } from '@rcm/telemetry';
import { z } from 'zod';

const schema = z.object({
  /** Path of a Chromium. Default: what is found on this machine. */
  RCM_CHROMIUM_PATH: z.string().optional(),
  /** What the window of `--headed` needs of the desktop; a browser sees nothing else of the environment. */
  DISPLAY: z.string().optional(),
  WAYLAND_DISPLAY: z.string().optional(),
  XAUTHORITY: z.string().optional(),
  XDG_RUNTIME_DIR: z.string().optional(),
});

export type PortalConfig = z.infer<typeof schema>;

/** Reads the environment once. Fails with `config_invalid`, one line per problem. */
export const readPortalConfig = (environment: NodeJS.ProcessEnv): PortalConfig => readConfig(schema, environment);

/** The variables that a browser's window needs, as far as they are set. */
export const windowEnvironment = ({ RCM_CHROMIUM_PATH: _path, ...window }: PortalConfig): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(window).filter((entry): entry is [string, string] => entry[1] !== undefined));
