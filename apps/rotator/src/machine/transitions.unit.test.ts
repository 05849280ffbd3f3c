import { type AttemptState, mayAdvance, mayEnd } from '@rcm/db';
import { describe, expect, it } from 'vitest';
import { type ActiveState, type EventKind, isActive, nextState, TRANSITIONS } from './transitions.ts';

const states = Object.keys(TRANSITIONS) as ActiveState[];
const eventsOf = (state: ActiveState) => Object.keys(TRANSITIONS[state]) as EventKind[];
const edges = states.flatMap((from) => eventsOf(from).map((event) => ({ from, event, to: nextState(from, event) })));

describe('the rotation machine', () => {
  it('can end from every state without going backwards', () => {
    const order = ['planned', 'staged', 'submitting', 'applied', 'verified', 'promoted', 'done'];
    for (const state of states) expect(edges.some(({ from, to }) => from === state && to === order[order.indexOf(state) + 1])).toBe(true);
  });

  it('abandons only while the portal is known to be unchanged', () => {
    const abandoning = edges.filter(({ to }) => to === 'abandoned').map(({ from, event }) => `${from}/${event}`);
    expect(abandoning.sort()).toEqual([
      'planned/base_moved',
      'planned/recipe_changed',
      'staged/base_moved',
      'staged/current_refused',
      'staged/gave_up',
      'staged/older_made_current',
      'staged/recipe_changed',
      'submitting/change_refused',
      'submitting/copy_missing',
      'submitting/older_made_current',
    ]);
  });

  it('promotes nothing that was not verified, and verifies nothing that the portal did not accept', () => {
    expect(edges.filter(({ to }) => to === 'promoted')).toEqual([{ from: 'verified', event: 'store_promoted', to: 'promoted' }]);
    expect(edges.filter(({ to }) => to === 'verified')).toEqual([{ from: 'applied', event: 'staged_accepted', to: 'verified' }]);
  });

  it('goes back only where a login proved it', () => {
    expect(edges.filter(({ from, to }) => from === 'submitting' && to === 'staged').map(({ event }) => event)).toEqual(['change_not_sent', 'current_accepted']);
    expect(edges.filter(({ from, to }) => from === 'verified' && to === 'applied').map(({ event }) => event)).toEqual(['current_edited']);
    expect(edges.filter(({ from, to }) => from === 'applied' && to === 'submitting').map(({ event }) => event)).toEqual(['staged_refused', 'copy_missing']);
  });

  it('has no step out of an end, a wait or a block', () => {
    for (const state of ['done', 'abandoned', 'waiting', 'blocked'] as const) expect(isActive(state)).toBe(false);
  });

  it('has no cell for what cannot happen', () => {
    expect(nextState('planned', 'store_promoted')).toBeNull();
    expect(nextState('promoted', 'current_accepted')).toBeNull();
  });

  // `promoted` and `blocked` are reached by operations of their own, which ask Postgres alone.
  it('takes every step that the journal allows, and no other', () => {
    const isStep = ({ to }: { to: AttemptState | null }): boolean => to !== null && isActive(to) && to !== 'promoted';
    const steps = new Set(edges.filter(isStep).map(({ from, to }) => `${from} → ${to}`));
    const allowed = states.flatMap((from) => states.filter((to) => to !== from && mayAdvance(from, to)).map((to) => `${from} → ${to}`));
    expect([...steps].sort()).toEqual(allowed.sort());
    for (const end of ['done', 'abandoned'] as const) {
      const ended = new Set(edges.filter(({ to }) => to === end).map(({ from }) => from));
      expect(states.filter((state) => ended.has(state))).toEqual(states.filter((state) => mayEnd(state, end)));
    }
  });
});
