// Every screen with its address, and every place of the navigation. A screen is
// the default export of its module, which is loaded when it is first opened.
import type { ComponentType } from 'react';
import type { IconName } from './components/icon';

export type Screen = {
  /** As wouter reads it: ":id" is one part, "*?" all that may follow. The first that fits is shown. */
  path: string;
  load: () => Promise<{ default: ComponentType }>;
};

export const screens: Screen[] = [
  { path: '/', load: () => import('./batches/home-screen') },
  { path: '/batches', load: () => import('./batches/batches-screen') },
  { path: '/batches/new', load: () => import('./newbatch/newbatch-screen') },
  { path: '/batches/:id/*?', load: () => import('./batch/batch-screen') },
  { path: '/calls', load: () => import('./calls/calls-screen') },
  { path: '/numbers', load: () => import('./numbers/numbers-screen') },
  { path: '/agents', load: () => import('./agents/agents-screen') },
  { path: '/agents/new', load: () => import('./agents/new-agent-screen') },
  { path: '/agents/:id', load: () => import('./agents/agent-screen') },
  { path: '/credits', load: () => import('./credits/credits-screen') },
  { path: '/keys', load: () => import('./keys/keys-screen') },
  { path: '/webhooks', load: () => import('./webhooks/webhooks-screen') },
  { path: '/webhooks/:id', load: () => import('./webhooks/endpoint-screen') },
  { path: '/settings', load: () => import('./settings/settings-screen') },
  { path: '/docs/api', load: () => import('./docs/api-screen') },
];

export type Place = {
  href: string;
  label: string;
  icon: IconName;
  /** Pressed after g. */
  key: string;
  /** Whether it is in the bar at the bottom of narrow windows; the others are under "More". */
  inBar?: boolean;
};

/** The navigation, in groups. A place needs a screen above. */
export const places: Place[][] = [
  [
    { href: '/batches', label: 'Batches', icon: 'batches', key: 'b', inBar: true },
    { href: '/calls', label: 'Calls', icon: 'phone', key: 'c', inBar: true },
  ],
  [
    { href: '/numbers', label: 'Numbers', icon: 'number', key: 'n' },
    { href: '/agents', label: 'Agents', icon: 'agent', key: 'a', inBar: true },
    { href: '/credits', label: 'Credits', icon: 'credits', key: 'm', inBar: true },
  ],
  [
    { href: '/keys', label: 'API keys', icon: 'key', key: 'k' },
    { href: '/webhooks', label: 'Webhooks', icon: 'webhook', key: 'w' },
    { href: '/settings', label: 'Settings', icon: 'settings', key: 's' },
  ],
];
