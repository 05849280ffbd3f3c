import type { Adapter, AdapterPayload } from 'oidc-provider';

interface Kept {
  readonly payload: AdapterPayload;
  /** In ms since 1970. */
  readonly until: number;
}

/** What the provider remembers, in this process alone and until it ends; its own such adapter warns at every start that a deployment must have another. */
export function keptHere(): (model: string) => Adapter {
  const kept = new Map<string, Kept>();
  const found = (key: string): AdapterPayload | undefined => {
    const entry = kept.get(key);
    if (entry && entry.until > Date.now()) return entry.payload;
    kept.delete(key);
    return undefined;
  };
  const by = (model: string, matches: (payload: AdapterPayload) => boolean): AdapterPayload | undefined =>
    [...kept].find(([key, { payload, until }]) => key.startsWith(`${model}:`) && until > Date.now() && matches(payload))?.[1].payload;
  return (model) => ({
    async upsert(id, payload, expiresIn) {
      for (const [key, { until }] of kept) if (until <= Date.now()) kept.delete(key);
      kept.set(`${model}:${id}`, { payload, until: Date.now() + (expiresIn ?? DAY_S) * 1_000 });
    },
    find: async (id) => found(`${model}:${id}`),
    findByUid: async (uid) => by(model, (payload) => payload.uid === uid),
    findByUserCode: async (userCode) => by(model, (payload) => payload.userCode === userCode),
    async consume(id) {
      const payload = found(`${model}:${id}`);
      if (payload) payload.consumed = Math.floor(Date.now() / 1_000);
    },
    destroy: async (id) => void kept.delete(`${model}:${id}`),
    async revokeByGrantId(grantId) {
      for (const [key, { payload }] of kept) if (payload.grantId === grantId) kept.delete(key);
    },
  });
}

const DAY_S = 86_400;
