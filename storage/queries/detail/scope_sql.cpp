#include "storage/queries/detail/scope_sql.h"

namespace pulse::storage::detail {
namespace {

void append_own(Statement& statement, const AccessScope& scope) {
    const bool has_user = !scope.user().empty();
    const bool has_keys = !scope.keys().empty();
    if (!has_user && !has_keys) {
        statement << " AND 1 = 0";
        return;
    }
    statement << " AND (";
    if (has_user) {
        (statement << "t.\"user\" = ").value(scope.user());
    }
    if (has_keys) {
        statement << (has_user ? SqlText{" OR t.key_id IN ("} : SqlText{"t.key_id IN ("});
        statement.values(scope.keys()) << ")";
    }
    statement << ")";
}

}  // namespace

void append_scope(Statement& statement, const AccessScope& scope, SqlText org) {
    (statement << org << " = ").value(scope.org());
    switch (scope.kind()) {
        case AccessScope::Kind::organisation:
            return;
        case AccessScope::Kind::teams:
            if (scope.team_ids().empty()) {
                statement << " AND 1 = 0";
            } else {
                (statement << " AND t.team IN (").values(scope.team_ids()) << ")";
            }
            return;
        case AccessScope::Kind::own:
            append_own(statement, scope);
            return;
    }
}

}  // namespace pulse::storage::detail
