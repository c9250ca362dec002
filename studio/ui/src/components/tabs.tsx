import type { ReactNode } from 'react';
import { Link } from 'wouter';

export type Tab = { id: string; label: ReactNode; href: string };

/** The parts of one page, each with an address. */
export function Tabs({ label, tabs, current }: { label: string; tabs: Tab[]; current: string }) {
  return (
    <nav className="tabs" aria-label={label}>
      {tabs.map((tab) => (
        <Link key={tab.id} href={tab.href} replace aria-current={tab.id === current ? 'page' : undefined}>
          {tab.label}
        </Link>
      ))}
    </nav>
  );
}
