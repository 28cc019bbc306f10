/// Every address of the console; each page is a chunk of its own.
import { createBrowserRouter, Navigate, type RouteObject } from 'react-router';
import { Gate } from './Gate';
import { Broken, NotFound } from './screens';
import { Right } from './Right';

export function createRouter(): ReturnType<typeof createBrowserRouter> {
  return createBrowserRouter([
    {
      errorElement: <Broken />,
      HydrateFallback: () => null,
      children: [
        {
          path: '/sign-in',
          lazy: async () => ({ Component: (await import('../features/session/SignInPage')).SignInPage }),
        },
        {
          element: <Gate />,
          children: [
            { index: true, element: <Navigate to="/alerts" replace /> },
            {
              element: <Right to="alerts.read" />,
              children: [
                {
                  path: 'alerts',
                  lazy: async () => ({
                    Component: (await import('../features/alerts/AlertsLayout')).AlertsLayout,
                  }),
                  children: [
                    {
                      index: true,
                      lazy: async () => ({
                        Component: (await import('../features/alerts/QueuePage')).QueuePage,
                      }),
                    },
                    {
                      path: ':id',
                      lazy: async () => ({
                        Component: (await import('../features/alerts/AlertPage')).AlertPage,
                      }),
                    },
                  ],
                },
                {
                  path: 'entities/:type/:value',
                  lazy: async () => ({
                    Component: (await import('../features/entities/EntityPage')).EntityPage,
                  }),
                },
              ],
            },
            {
              element: <Right to="cases.read" />,
              children: CASES,
            },
            {
              element: <Right to="incidents.read" />,
              children: INCIDENTS,
            },
            {
              element: <Right to="events.read" />,
              children: [
                {
                  path: 'hunt',
                  lazy: async () => ({
                    Component: (await import('../features/events/HuntPage')).HuntPage,
                  }),
                },
              ],
            },
            {
              element: <Right to="rules.read" />,
              children: RULES,
            },
            {
              element: <Right to="intel.read" />,
              children: [
                {
                  path: 'intel',
                  lazy: async () => ({
                    Component: (await import('../features/intel/IntelPage')).IntelPage,
                  }),
                },
                {
                  path: 'intel/:id',
                  lazy: async () => ({
                    Component: (await import('../features/intel/ListPage')).ListPage,
                  }),
                },
              ],
            },
            {
              element: <Right to="sensors.read" />,
              children: SENSORS,
            },
            {
              element: <Right to="assets.read" />,
              children: [
                {
                  path: 'assets',
                  lazy: async () => ({
                    Component: (await import('../features/assets/AssetsPage')).AssetsPage,
                  }),
                },
              ],
            },
            {
              element: <Right to="sources.read" />,
              children: [
                {
                  path: 'sources',
                  lazy: async () => ({
                    Component: (await import('../features/sources/SourcesPage')).SourcesPage,
                  }),
                },
              ],
            },
            {
              element: <Right to="health.read" />,
              children: [
                {
                  path: 'health',
                  lazy: async () => ({
                    Component: (await import('../features/health/HealthPage')).HealthPage,
                  }),
                },
              ],
            },
            ...PEOPLE,
            { path: '*', element: <NotFound /> },
          ],
        },
      ],
    },
  ]);
}

/** One's own account, people, and what they did. */
const PEOPLE: RouteObject[] = [
  {
    path: 'account',
    lazy: async () => ({ Component: (await import('../features/account/AccountPage')).AccountPage }),
  },
  {
    element: <Right to="users.read" />,
    children: [
      {
        path: 'users',
        lazy: async () => ({ Component: (await import('../features/users/UsersPage')).UsersPage }),
      },
    ],
  },
  {
    element: <Right to="audit.read" />,
    children: [
      {
        path: 'audit',
        lazy: async () => ({ Component: (await import('../features/audit/AuditPage')).AuditPage }),
      },
    ],
  },
];

/** The board of cases, and one. */
const CASES: RouteObject[] = [
  {
    path: 'cases',
    lazy: async () => ({ Component: (await import('../features/cases/CasesPage')).CasesPage }),
  },
  {
    path: 'cases/:id',
    lazy: async () => ({ Component: (await import('../features/cases/CasePage')).CasePage }),
  },
];

/** The list of incidents, and one. */
const INCIDENTS: RouteObject[] = [
  {
    path: 'incidents',
    lazy: async () => ({ Component: (await import('../features/incidents/IncidentsPage')).IncidentsPage }),
  },
  {
    path: 'incidents/:id',
    lazy: async () => ({ Component: (await import('../features/incidents/IncidentPage')).IncidentPage }),
  },
];

/** The fleet, and one sensor. */
const SENSORS: RouteObject[] = [
  {
    path: 'sensors',
    lazy: async () => ({ Component: (await import('../features/sensors/SensorsPage')).SensorsPage }),
  },
  {
    path: 'sensors/:name',
    lazy: async () => ({ Component: (await import('../features/sensors/SensorPage')).SensorPage }),
  },
];

/** Rules, their matrix, exceptions and packs. */
const RULES: RouteObject[] = [
  {
    path: 'rules',
    lazy: async () => ({ Component: (await import('../features/rules/RulesPage')).RulesPage }),
  },
  {
    path: 'rules/attack',
    lazy: async () => ({ Component: (await import('../features/rules/AttackPage')).AttackPage }),
  },
  {
    path: 'rules/exceptions',
    lazy: async () => ({ Component: (await import('../features/rules/ExceptionsPage')).ExceptionsPage }),
  },
  {
    path: 'rules/packs',
    lazy: async () => ({ Component: (await import('../features/rules/PacksPage')).PacksPage }),
  },
  {
    path: 'rules/imports/:id',
    lazy: async () => ({ Component: (await import('../features/rules/ImportPage')).ImportPage }),
  },
  {
    path: 'rules/:id',
    lazy: async () => ({ Component: (await import('../features/rules/RulePage')).RulePage }),
  },
];
