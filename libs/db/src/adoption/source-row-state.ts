import { rowSince } from '../legacy/row.ts';

/** What a source's row would have an endpoint be. */
export interface WantedPlace {
  readonly orgId: string;
  readonly portalTypeCode: string;
  readonly accountId: string;
}

/** An endpoint that came out of a source's row, as it is now. */
export interface FoundEndpoint extends WantedPlace {
  readonly endpointId: string;
  /** Of what was taken over last; `null`: its plaintext has left the row. */
  readonly recorded: string | null;
  readonly sourceChanged: string | null;
  /** Of what its row holds now, by each key that is known. */
  readonly now: readonly string[];
  /** It names a secret. */
  readonly moved: boolean;
  /** It did once. */
  readonly everMoved: boolean;
}

/** Of what the source's row says now. */
export interface WantedPrints {
  readonly prints: readonly string[];
  readonly sourceChanged: string | null;
}

/**
 * What is to be done about a source's row that is an endpoint already. `take`: the row has changed, and the endpoint has not: it follows. `note`: both are the same, and only
 * what is recorded of it is not. All others are left as they are:
 * `elsewhere`: the row is of another organization, portal or account by now.
 * `moved`: it has changed, and the endpoint's login lies in the store, which may have a newer password.
 * `rolled_back`: the same, and it came back from the store.
 * `edited`: both have changed, differently.
 * `not_compared`: its login lies in the store, nothing is recorded of the row any more, and the row says nothing of its last change.
 * `unknown`: whether it has changed cannot be said.
 */
export type SourceRowState = 'unchanged' | 'note' | 'take' | 'elsewhere' | 'moved' | 'rolled_back' | 'edited' | 'not_compared' | 'unknown';

export function sourceRowState(found: FoundEndpoint, wanted: WantedPlace & WantedPrints): SourceRowState {
  if (found.orgId !== wanted.orgId || found.portalTypeCode !== wanted.portalTypeCode || found.accountId !== wanted.accountId) return 'elsewhere';
  const since = rowSince(found.recorded, wanted.prints);
  if (since === 'same') return found.recorded === wanted.prints[0] ? 'unchanged' : 'note';
  if (found.moved || found.everMoved) return since === 'unknown' ? byItsOwnWord(found, wanted) : keptBack(found);
  if (found.now[0] === wanted.prints[0]) return 'note';
  if (since === 'unknown') return 'unknown';
  return rowSince(found.recorded, found.now) === 'same' ? 'take' : 'edited';
}

/** Without the print of what was taken over, only the row's own word tells whether it has changed since. */
function byItsOwnWord(found: FoundEndpoint, { sourceChanged }: WantedPrints): SourceRowState {
  if (found.sourceChanged === null || sourceChanged === null) return 'not_compared';
  return found.sourceChanged === sourceChanged ? 'unchanged' : keptBack(found);
}

const keptBack = ({ moved }: FoundEndpoint): SourceRowState => (moved ? 'moved' : 'rolled_back');
