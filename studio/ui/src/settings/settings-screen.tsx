import { lazy, Suspense, useState } from 'react';
import { Link } from 'wouter';
import { useViewer } from '../api/viewer';
import { Button } from '../components/button';
import { Check } from '../components/field';
import { PageHeader } from '../components/page-header';
import { settings as words } from '../messages/settings';
import { zoneOffset } from '../state/format';
import { type Preferences, prefer, usePreferences, useZone } from '../state/preferences';
import { Organization } from './organization';
import { Outside } from './outside';
import { Sessions } from './sessions';
import '../account/account.css';
import './settings.css';

const ZoneDialog = lazy(() => import('../shell/zone-dialog'));

/** What can be set: for this browser, for the organization, and who is signed in. */
export default function SettingsScreen() {
  return (
    <div className="stack narrow settings">
      <PageHeader title={words.title} />
      <Display />
      <Organization />
      <Sessions />
      <Elsewhere />
    </div>
  );
}

const THEMES: Preferences['theme'][] = ['', 'light', 'dark'];

function Display() {
  const { theme, zone: chosen, shortcuts } = usePreferences();
  const zone = useZone();
  const [asking, setAsking] = useState(false);
  return (
    <section className="panel stack" aria-labelledby="display">
      <div>
        <h2 id="display">{words.display}</h2>
        <p className="muted">{words.displayLead}</p>
      </div>
      <fieldset className="stack tight">
        <legend className="strong">{words.theme}</legend>
        <div className="row wide">
          {THEMES.map((one) => (
            <Check
              key={one}
              group="theme"
              label={words.themeChoice[one]}
              checked={theme === one}
              onChecked={() => prefer({ theme: one })}
            />
          ))}
        </div>
      </fieldset>
      <div className="stack tight">
        <h3>{words.zone}</h3>
        <p>{words.zoneNow(zone, zoneOffset(zone))}</p>
        <div className="row">
          <Button icon="globe" onClick={() => setAsking(true)}>
            {words.zoneChange}
          </Button>
          {chosen !== '' && <Button onClick={() => prefer({ zone: '' })}>{words.zoneOwn}</Button>}
        </div>
        {asking && (
          <Suspense>
            <ZoneDialog onClose={() => setAsking(false)} />
          </Suspense>
        )}
      </div>
      <Check
        label={words.shortcuts}
        hint={words.shortcutsHint}
        checked={shortcuts}
        onChecked={(on) => prefer({ shortcuts: on })}
      />
    </section>
  );
}

function Elsewhere() {
  const viewer = useViewer();
  return (
    <section className="panel stack" aria-labelledby="developers">
      <h2 id="developers">{words.developers}</h2>
      <ul className="lines">
        <li>
          <Link href="/docs/api">{words.api}</Link>
          <div className="muted small">{words.apiText}</div>
        </li>
        <li>
          <Link href="/keys">{words.keysLink}</Link>
          <div className="muted small">{words.keysText}</div>
        </li>
        <li>
          <Link href="/webhooks">{words.webhooksLink}</Link>
          <div className="muted small">{words.webhooksText}</div>
        </li>
        {viewer?.operator && (
          <li>
            <Outside href="/ops/river" name={words.river} text={`${words.operators}: ${words.riverText}`} />
          </li>
        )}
      </ul>
    </section>
  );
}
