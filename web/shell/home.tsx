/** Where the app opens: at the overview once there are events, before that at the place where the first event arrives. */
import { useQuery } from "@tanstack/react-query";
import { Navigate } from "@tanstack/react-router";
import { useApi } from "../services.tsx";
import { useRole } from "../session/role.ts";
import { Fault, Rows } from "../ui/notice.tsx";

/** Decides and goes; who works at the desk goes there. */
export function Home() {
  return useRole() === "desk" ? <Navigate to="/desk" replace /> : <Start />;
}

function Start() {
  const api = useApi();
  const stats = useQuery({ queryKey: ["stats"], queryFn: ({ signal }) => api.stats(signal) });
  if (stats.isPending) return <Rows />;
  if (stats.isError)
    return (
      <div className="pad">
        <Fault fault={stats.error} retry={() => void stats.refetch()} retrying={stats.isFetching} />
      </div>
    );
  return <Navigate to={stats.data.accepted > 0 ? "/overview" : "/data/live"} replace />;
}
