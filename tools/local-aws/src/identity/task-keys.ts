import { createHmac } from 'node:crypto';
import type { Roles } from '../account/roles.ts';
import type { Clock } from '../clock.ts';
import type { RootKey } from '../storage/root-key.ts';
import { issueSession, type SessionKey } from './issue-session.ts';

export type TaskKeys = ReturnType<typeof createTaskKeys>;

/** Six hours, as ECS gives. */
const TASK_SESSION_MS = 6 * 3_600_000;
const TASK_SESSION_NAME = 'task';

/** The keys that a container service hands to the tasks it runs under a role: nobody assumes that role by a call of their own. */
export function createTaskKeys({ roles, root, clock }: { readonly roles: Roles; readonly root: RootKey; readonly clock: Clock }) {
  return {
    /** `null` where there is no such role. */
    keysFor(role: string, tags: Readonly<Record<string, string>> = {}): SessionKey | null {
      if (!roles.has(role)) return null;
      const expiresAt = clock.now().getTime() + TASK_SESSION_MS;
      return issueSession(root, { role, sessionName: TASK_SESSION_NAME, tags: { ...tags }, transitiveTagKeys: [], expiresAt });
    },
    /** What a task shows to be given its role's keys; it follows from the key file, so a restart keeps it. */
    tokenFor: (role: string): string => createHmac('sha256', root.derive('task-token')).update(role).digest('base64url'),
  };
}
