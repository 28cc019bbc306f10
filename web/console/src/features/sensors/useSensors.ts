/// The sensors, asked again every quarter minute: silence is news.
import { useQuery, type UseMutationResult, type UseQueryResult } from '@tanstack/react-query';
import type { OpenInvitations, Sensor, SensorConfiguration, SensorList, Updates } from '../../lib/api';
import type { Client } from '../../lib/client';
import { useClient, useMay } from '../../lib/context';
import { useSend } from '../../lib/useSend';

const ASK_EVERY_MS = 15_000;

export function useSensors(): UseQueryResult<SensorList> {
  const client = useClient();
  return useQuery({
    queryKey: ['sensors', 'list'],
    queryFn: ({ signal }) => client.sensors(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useSensor(name: string): UseQueryResult<Sensor> {
  const client = useClient();
  return useQuery({
    queryKey: ['sensors', 'one', name],
    queryFn: ({ signal }) => client.sensor(name, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** What the centre wants of a sensor; under the key of the sensors, so that a change of one asks again. */
export function useConfiguration(name: string): UseQueryResult<SensorConfiguration> {
  const client = useClient();
  return useQuery({
    queryKey: ['sensors', 'configuration', name],
    queryFn: ({ signal }) => client.configuration(name, signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** The update that sensors are offered. */
export function useUpdates(): UseQueryResult<Updates> {
  const client = useClient();
  return useQuery({
    queryKey: ['sensors', 'updates'],
    queryFn: ({ signal }) => client.updates(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

/** Under the key of the sensors: inviting and withdrawing ask again. */
export function useInvitations(): UseQueryResult<OpenInvitations> {
  const client = useClient();
  return useQuery({
    queryKey: ['sensors', 'invitations'],
    queryFn: ({ signal }) => client.invitations(signal),
    refetchInterval: ASK_EVERY_MS,
  });
}

export function useSensorChange<Given, Told>(
  send: (client: Client, given: Given) => Promise<Told>,
  onDone: (told: Told) => void,
): UseMutationResult<Told, Error, Given> {
  return useSend('sensors', send, onDone);
}

export function useMayWrite(): boolean {
  return useMay('sensors.write');
}
