#pragma once

#include <memory>
#include <string>
#include <unordered_set>

#include "base/clock.h"
#include "base/uuid.h"
#include "gateway/estimate/calibrations.h"
#include "gateway/estimate/counting_thread.h"
#include "gateway/exchange/durable_answers.h"
#include "gateway/exchange/failed_keys.h"
#include "gateway/exchange/upstream_tail.h"
#include "gateway/local_snapshot.h"
#include "gateway/metrics/cells.h"
#include "gateway/ports.h"
#include "net/auth/sigv4.h"
#include "net/http/body_budget.h"
#include "net/loop.h"
#include "policy/access/key_directory.h"
#include "policy/quota_store.h"
#include "storage/spool/spool.h"

namespace pulse::gateway {

/// What the exchanges of one worker share. Lives on one worker; everything in it outlives them.
struct WorkerContext {
    net::Loop& loop;
    const Clock& clock;
    policy::QuotaStore& quota;
    storage::SpoolWriter& spool;
    WorkerMetrics& metrics;
    net::BodyBudget& bodies;
    RequestLookup& lookup;
    ObjectOwners& objects;
    CountingThread& counting;
    ContentLog& content;
    SnapshotRef snapshot;  ///< the current one
    UuidGenerator ids;
    policy::KeyHasher hasher;
    UpstreamTails tails;
    DurableAnswers durable_answers;
    Calibrations calibrations = {};
    net::SigV4Signer signer = {};
    FailedKeys failed_keys = {};
    bool is_draining = false;
    /// Pool keys of providers that refused `stream_options`: they are not asked for a usage chunk again.
    std::unordered_set<std::string> usage_option_refusers = {};
};

}  // namespace pulse::gateway
