import { lazy, Suspense, useState } from 'react';
import { useParams } from 'wouter';
import { finished, isOver } from '../batches/batch-row';
import { Loaded, Skeleton } from '../components/loaded';
import { PageHeader } from '../components/page-header';
import { Tabs } from '../components/tabs';
import { batch as words } from '../messages/batch';
import { NotFound } from '../shell/not-found';
import { useChoice } from '../state/address';
import { count, percent } from '../state/format';
import { Actions } from './actions';
import { useProgressIcon } from './favicon';
import { BatchSummary } from './header';
import { LiveTab } from './live-tab';
import { Spoken } from './spoken';
import { type Batch, useBatch } from './use-batch';
import '../charts/charts.css';
import './batch.css';

// The first tab is there at once, the others when they are opened.
const ContactsTab = lazy(() => import('./contacts-tab'));
const ContactPanel = lazy(() => import('./contact-panel'));
const CallsTab = lazy(() => import('./calls-tab'));
const SettingsTab = lazy(() => import('./settings-tab'));
const HistoryTab = lazy(() => import('./history-tab'));

const TABS = ['contacts', 'calls', 'settings', 'history'] as const;

/** One batch: live, its contacts, calls, settings and history. */
export default function BatchScreen() {
  const { id = '', '*': rest = '' } = useParams<{ id: string; '*'?: string }>();
  const contact = /^contacts\/([^/]+)$/.exec(rest)?.[1];
  const [tab] = useChoice('tab', TABS);
  const [live, setLive] = useState(true);
  const { batch, result, ask } = useBatch(id, live);
  useProgressIcon(
    batch && moves(batch) ? Math.floor((finished(batch.progress) / batch.progress.total) * 100) : null,
  );
  if (batch === null || (rest && !contact)) return <NotFound />;
  return (
    <Loaded result={{ ...result, data: batch }} again={ask} lines={10}>
      {(batch) => (
        <div className="stack">
          <PageHeader
            parent={{ href: '/batches', label: words.parent }}
            title={batch.name}
            tab={tabTitle(batch)}
            beside={<BatchSummary.Badge batch={batch} />}
            actions={<Actions batch={batch} live={live} onLive={setLive} />}
          >
            <BatchSummary batch={batch} />
          </PageHeader>
          <Spoken batch={batch} />
          <Tabs label={words.tabs} current={contact ? 'contacts' : tab} tabs={tabs(batch)} />
          <Suspense fallback={<Skeleton lines={8} />}>
            <Part tab={contact ? 'contacts' : tab} batch={batch} live={live} contact={contact} />
          </Suspense>
          <Suspense>{contact && <ContactPanel batch={batch} id={contact} live={live} />}</Suspense>
        </div>
      )}
    </Loaded>
  );
}

const moves = ({ status }: Batch) => status === 'RUNNING' || status === 'CANCELLING';

function tabTitle(batch: Batch) {
  const { name, status, progress } = batch;
  if (status === 'PAUSED') return words.tabPaused(name);
  return moves(batch) ? words.tab(percent(finished(progress), progress.total), name) : name;
}

function tabs({ id, status, progress }: Batch) {
  const href = (tab: string) => `/batches/${encodeURIComponent(id)}${tab && `?tab=${tab}`}`;
  return [
    { id: '', label: isOver(status) ? words.result : words.live, href: href('') },
    {
      id: 'contacts',
      label: (
        <>
          {words.contacts} <span className="muted small">{count(progress.total)}</span>
        </>
      ),
      href: href('contacts'),
    },
    {
      id: 'calls',
      label: (
        <>
          {words.calls} <span className="muted small live-numbers">{count(progress.callsInFlight)}</span>
        </>
      ),
      href: href('calls'),
    },
    { id: 'settings', label: words.settings, href: href('settings') },
    { id: 'history', label: words.history, href: href('history') },
  ];
}

type PartProps = { tab: string; batch: Batch; live: boolean; contact: string | undefined };

function Part({ tab, batch, live, contact }: PartProps) {
  switch (tab) {
    case 'contacts':
      return <ContactsTab batch={batch} live={live} current={contact} />;
    case 'calls':
      return <CallsTab batch={batch} live={live} />;
    case 'settings':
      return <SettingsTab batch={batch} />;
    case 'history':
      return <HistoryTab batch={batch} />;
    default:
      return <LiveTab batch={batch} live={live} />;
  }
}
