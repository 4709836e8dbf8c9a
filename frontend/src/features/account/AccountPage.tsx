import { useQuery } from "@tanstack/react-query";
import { meQuery } from "@/api/queries";
import { useReady } from "@/core/ready";
import { may } from "@/core/roles";
import { Page } from "@/ui/Page";
import { Loaded } from "@/ui/States";
import classes from "./AccountPage.module.css";
import { ApiKeys } from "./ApiKeys";
import { PasswordForm } from "./PasswordForm";
import { Users } from "./Users";

export function AccountPage() {
  const me = useQuery(meQuery);
  useReady("account", !me.isPending);
  return (
    <Page title="Account" note={me.data && `${me.data.name}, ${me.data.role}`}>
      <Loaded query={me}>
        {(data) => (
          <div className={classes.page}>
            <PasswordForm me={data} />
            {may(data.role, "read") && <ApiKeys />}
            {may(data.role, "administer") && <Users me={data} />}
          </div>
        )}
      </Loaded>
    </Page>
  );
}
