import { type ReactNode, useEffect, useState } from 'react';
import { useQuery } from 'urql';
import { Link, useLocation } from 'wouter';
import { useActivity } from '../api/activity';
import { useConnection } from '../api/connection';
import { Failure } from '../api/failure';
import { signOut } from '../api/session';
import { Badge } from '../components/badge';
import { Button } from '../components/button';
import { Icon } from '../components/icon';
import { Menu } from '../components/menu';
import { Toasts, toast } from '../components/toast';
import { graphql } from '../gql';
import { shell } from '../messages/shell';
import { type Place, places } from '../screens';
import { money, roundMoney, useInstants } from '../state/format';
import { useNewest } from '../state/newest';
import { useShortcut } from '../state/shortcuts';
import { ShortcutHelp } from './shortcut-help';
import { ZoneSwitch } from './zone-switch';

const FrameQuery = graphql(`
  query Frame {
    viewer {
      organization {
        id
        name
        callsInFlight
        carrier {
          name
          simulated
        }
        credits {
          availableMicros
          heldMicros
        }
      }
    }
  }
`);

const all = places.flat();

const within = (path: string, { href }: Place) =>
  path === href || path.startsWith(`${href}/`) || (path === '/' && href === '/batches');

/** What stands around every screen. */
export function Frame({ children }: { children: ReactNode }) {
  const [help, setHelp] = useState(false);
  useShortcut('?', shell.help, () => setHelp(true));
  const stale = useStale();
  useEffect(() => {
    if (stale) document.body.dataset.stale = '';
    else delete document.body.dataset.stale;
  }, [stale]);
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {shell.skip}
      </a>
      <Header stale={stale} onHelp={() => setHelp(true)} />
      <Rail />
      <main className="content" id="content" tabIndex={-1}>
        {children}
      </main>
      <BottomBar />
      <Toasts />
      {help && <ShortcutHelp onClose={() => setHelp(false)} />}
    </div>
  );
}

/** The time of the numbers, once the connection has been gone for a second. */
function useStale(): number | null {
  const { state, liveAt } = useConnection();
  const [late, setLate] = useState(false);
  useEffect(() => {
    setLate(false);
    if (state !== 'lost') return;
    const timer = setTimeout(() => setLate(true), 1_000);
    return () => clearTimeout(timer);
  }, [state]);
  return state === 'lost' && late ? liveAt : null;
}

function Header({ stale, onHelp }: { stale: number | null; onHelp: () => void }) {
  const [{ data }] = useQuery({ query: FrameQuery });
  const activity = useActivity();
  const instants = useInstants();
  const organization = data?.viewer.organization;
  const credits = useNewest(organization?.credits, activity.credits);
  const leave = () => signOut().catch((error: unknown) => toast(Failure.of(error).message));
  return (
    <header className="top">
      <Link className="brand" href="/batches" aria-label={shell.product}>
        <img src="/icon.svg" alt="" />
        <span className="wide-only">{shell.product}</span>
      </Link>
      {organization &&
        (organization.carrier.simulated ? (
          <span title={shell.simulatedTitle}>
            <Badge tone="calm" icon="phone">
              {shell.simulated}
            </Badge>
          </span>
        ) : (
          <span title={shell.liveTitle(organization.carrier.name)}>
            <Badge tone="good" icon="phone">
              {shell.live}
            </Badge>
          </span>
        ))}
      <span role="status" data-connection={stale === null ? 'live' : 'lost'}>
        {stale !== null && (
          <span className="stale">
            <span className="spinner" />
            <span>{shell.reconnecting}</span>
            <span className="wide-only">· {shell.asOf(instants.time(new Date(stale)))}</span>
          </span>
        )}
      </span>
      <span className="space" />
      {credits && (
        <Link
          className="button quiet credits live-numbers"
          href="/credits"
          title={`${shell.creditsAvailable(money(credits.availableMicros))}, ${shell.creditsHeld(money(credits.heldMicros))}`}
        >
          <Icon name="credits" />
          {roundMoney(credits.availableMicros)}
          <span className="sr-only">{shell.credits}</span>
        </Link>
      )}
      <ZoneSwitch />
      <span className="wide-only">
        <Button
          look="quiet"
          icon="help"
          aria-label={shell.help}
          title={`${shell.help} (?)`}
          onClick={onHelp}
        />
      </span>
      <Menu
        look="quiet"
        icon="agent"
        label=""
        name={organization ? `${shell.account}: ${organization.name}` : shell.account}
        items={[
          { label: shell.help, icon: 'help', onSelect: onHelp },
          null,
          { label: shell.signOut, icon: 'signOut', onSelect: leave },
        ]}
      />
    </header>
  );
}

function Rail() {
  const [path] = useLocation();
  const { callsInFlight } = useActivity();
  return (
    <nav className="rail" aria-label={shell.navigation}>
      {places.map((group) => (
        <ul key={group[0]?.href}>
          {group.map((place) => (
            <li key={place.href}>
              <Link href={place.href} aria-current={within(path, place) ? 'page' : undefined}>
                <Icon name={place.icon} />
                {place.label}
                {place.href === '/calls' && callsInFlight !== null && callsInFlight > 0 && (
                  <span className="count live-numbers">{callsInFlight}</span>
                )}
              </Link>
            </li>
          ))}
        </ul>
      ))}
      {all.map((place) => (
        <GoTo key={place.href} place={place} />
      ))}
    </nav>
  );
}

function GoTo({ place }: { place: Place }) {
  const [, navigate] = useLocation();
  useShortcut(`g ${place.key}`, shell.goTo(place.label), () => navigate(place.href));
  return null;
}

function BottomBar() {
  const [path, navigate] = useLocation();
  const others = all.filter(({ inBar }) => !inBar);
  return (
    <nav className="bar" aria-label={shell.navigation}>
      {all
        .filter(({ inBar }) => inBar)
        .map((place) => (
          <Link key={place.href} href={place.href} aria-current={within(path, place) ? 'page' : undefined}>
            <Icon name={place.icon} size={20} />
            {place.label}
          </Link>
        ))}
      {others.length > 0 && (
        <Menu
          bare
          icon="more"
          label={shell.more}
          items={others.map((place) => ({
            label: place.label,
            icon: place.icon,
            onSelect: () => navigate(place.href),
          }))}
        />
      )}
    </nav>
  );
}
