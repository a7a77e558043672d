#include "storage/spool/segment.h"

#include "storage/spool/crc32c.h"
#include "storage/spool/spool.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <system_error>
#include <utility>

namespace pulse::storage {
namespace {

constexpr std::uint32_t kVersion = 1;
constexpr std::uint64_t kPageBytes = 4'096;
constexpr std::uint64_t kPrefaultMin = 2 * kPageBytes;
constexpr std::uint64_t kPrefaultMax = 64 * kPageBytes;

/// The head of a segment's file; the rest of its 64 bytes is zero.
struct SegmentHead {
    char magic[8];
    std::uint32_t version;
    std::uint32_t head_bytes;
    std::uint64_t segment_bytes;
    std::uint64_t turn;  // 0: not yet in use
};
constexpr char kMagic[8] = {'P', 'U', 'L', 'S', 'P', 'O', 'O', 'L'};
static_assert(sizeof(SegmentHead) <= Segment::kHeadBytes);

[[nodiscard]] Error storage_error(std::string_view what, const std::string& name, int code) {
    std::string detail = "spool segment ";
    detail.append(name).append(": ").append(what).append(": ");
    detail.append(std::generic_category().message(code));
    return Error{Errc::storage_unavailable, std::move(detail)};
}

[[nodiscard]] std::uint32_t frame_crc(std::uint32_t payload_bytes, const char* payload) {
    return crc32c(payload, payload_bytes, crc32c(&payload_bytes, sizeof payload_bytes));
}

/// Reads the whole file once: a bad block answers a read with an error, but a look at the mapping
/// with a signal that ends the process.
[[nodiscard]] bool is_readable(int file, std::uint64_t bytes) {
    std::vector<char> room(std::size_t{256} * 1024);
    for (std::uint64_t at = 0; at < bytes;) {
        const ssize_t size = ::pread(file, room.data(), room.size(), static_cast<off_t>(at));
        if (size <= 0) {
            return false;
        }
        at += static_cast<std::uint64_t>(size);
    }
    return true;
}

[[nodiscard]] FrameHead load_head(const char* at) {
    FrameHead head{};
    std::memcpy(&head, at, sizeof head);
    return head;
}

}  // namespace

Segment::Segment(std::string name, int file, char* data, std::uint64_t bytes)
    : name_(std::move(name)), file_(file), data_(data), bytes_(bytes) {}

Segment::~Segment() {
    ::munmap(data_, bytes_);
    ::close(file_);
}

Result<std::unique_ptr<Segment>> Segment::create(
    int directory, std::string name, std::uint64_t bytes) {
    const int file =
        ::openat(directory, name.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0) {
        return storage_error("cannot be created", name, errno);
    }
    const int full = ::posix_fallocate(file, 0, static_cast<off_t>(bytes));
    void* const data = full == 0
                           ? ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0)
                           : MAP_FAILED;
    if (data == MAP_FAILED) {
        const int code = full != 0 ? full : errno;
        ::unlinkat(directory, name.c_str(), 0);
        ::close(file);
        return storage_error("no room", name, code);
    }
    std::unique_ptr<Segment> segment{
        new Segment{std::move(name), file, static_cast<char*>(data), bytes}};
    segment->write_head();
    return segment;
}

Result<std::unique_ptr<Segment>> Segment::adopt(int directory, std::string name) {
    const int file = ::openat(directory, name.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (file < 0) {
        return storage_error("cannot be opened", name, errno);
    }
    struct stat status {};
    if (::fstat(file, &status) != 0 || status.st_size < static_cast<off_t>(kHeadBytes)) {
        ::close(file);
        return Error{Errc::corrupt_input, "spool segment " + name + ": shorter than its head"};
    }
    const auto bytes = static_cast<std::uint64_t>(status.st_size);
    if (!is_readable(file, bytes)) {
        const int code = errno;
        ::close(file);
        return storage_error("cannot be read", name, code);
    }
    void* const data = ::mmap(nullptr, bytes, PROT_READ, MAP_SHARED, file, 0);
    if (data == MAP_FAILED) {
        const int code = errno;
        ::close(file);
        return storage_error("cannot be mapped", name, code);
    }
    std::unique_ptr<Segment> segment{
        new Segment{std::move(name), file, static_cast<char*>(data), bytes}};
    if (auto checked = segment->check_head(); !checked) {
        return checked.error();
    }
    segment->find_end();
    segment->seal();
    return segment;
}

void Segment::write_head() {
    SegmentHead head{};
    std::memcpy(head.magic, kMagic, sizeof kMagic);
    head.version = kVersion;
    head.head_bytes = kHeadBytes;
    head.segment_bytes = bytes_;
    std::memcpy(data_, &head, sizeof head);
}

Result<void> Segment::check_head() const {
    SegmentHead head{};
    std::memcpy(&head, data_, sizeof head);
    // A power cut may leave a file whose first page was never written: it holds no record that was
    // promised.
    const SegmentHead unwritten{};
    if (std::memcmp(&head, &unwritten, sizeof head) == 0) {
        return {};
    }
    if (std::memcmp(head.magic, kMagic, sizeof kMagic) != 0) {
        return Error{Errc::corrupt_input, "spool segment " + name_ + ": not a segment"};
    }
    if (head.version != kVersion || head.head_bytes != kHeadBytes) {
        return Error{
            Errc::corrupt_input,
            "spool segment " + name_ + ": of unknown version " + std::to_string(head.version)};
    }
    return {};
}

void Segment::take_into_use(std::uint64_t turn) {
    std::memcpy(data_ + offsetof(SegmentHead, turn), &turn, sizeof turn);
}

std::uint64_t Segment::turn() const {
    SegmentHead head{};
    std::memcpy(&head, data_, sizeof head);
    return head.turn;
}

/// Whether a frame that fits begins at `offset`, its checksum aside.
bool Segment::has_frame(std::uint64_t offset) const {
    if (offset + sizeof(FrameHead) > bytes_) {
        return false;
    }
    const std::uint32_t payload_bytes = load_head(data_ + offset).payload_bytes;
    return payload_bytes != 0 && payload_bytes <= SpoolWriter::kRecordBytesMax &&
           payload_bytes <= bytes_ - offset - sizeof(FrameHead);
}

bool Segment::is_sound(std::uint64_t offset) const {
    const FrameHead head = load_head(data_ + offset);
    return frame_crc(head.payload_bytes, data_ + offset + sizeof(FrameHead)) == head.crc;
}

/// The end is behind the last sound frame. A frame that is not sound is damaged when its size leads
/// to sound ones; at the end it is a torn tail.
void Segment::find_end() {
    std::uint64_t end = kHeadBytes;
    std::vector<std::uint64_t> doubtful;
    for (std::uint64_t at = end; has_frame(at);) {
        const std::uint64_t next = at + frame_bytes(load_head(data_ + at).payload_bytes);
        if (is_sound(at)) {
            damaged_.insert(damaged_.end(), doubtful.begin(), doubtful.end());
            doubtful.clear();
            end = next;
        } else {
            doubtful.push_back(at);
        }
        at = next;
    }
    had_torn_tail_ = end + sizeof(FrameHead) <= bytes_ && load_head(data_ + end).payload_bytes != 0;
    published_.store(end, std::memory_order_release);
    synced_ = end;
}

bool Segment::is_damaged(std::uint64_t offset) const {
    return !damaged_.empty() && std::binary_search(damaged_.begin(), damaged_.end(), offset);
}

std::string_view Segment::payload(std::uint64_t offset) const {
    return {data_ + offset + sizeof(FrameHead), load_head(data_ + offset).payload_bytes};
}

std::uint64_t Segment::frames_between(std::uint64_t begin, std::uint64_t end) const {
    std::uint64_t frames = 0;
    for (; begin < end; begin += frame_bytes(load_head(data_ + begin).payload_bytes)) {
        ++frames;
    }
    return frames;
}

bool Segment::is_frame_border(std::uint64_t offset) const {
    std::uint64_t border = kHeadBytes;
    while (border < offset) {
        border += frame_bytes(load_head(data_ + border).payload_bytes);
    }
    return border == offset;
}

std::uint64_t Segment::publish(std::uint64_t offset, std::uint32_t payload_bytes) {
    char* const frame = data_ + offset;
    const std::uint32_t crc = frame_crc(payload_bytes, frame + sizeof(FrameHead));
    std::memcpy(frame + offsetof(FrameHead, crc), &crc, sizeof crc);
    // The size last, and not before the rest: a process killed in between leaves a zero there,
    // which ends the scan.
    auto* const size = reinterpret_cast<std::uint32_t*>(frame);  // frames are aligned to 8
    std::atomic_ref<std::uint32_t>{*size}.store(payload_bytes, std::memory_order_release);
    const std::uint64_t end = offset + frame_bytes(payload_bytes);
    published_.store(end);
    return end;
}

bool Segment::sync() {
    const std::uint64_t end = published();
    if (::fdatasync(file_) != 0) {
        return false;
    }
    if (sealed_end() == 0) {
        prefault(end, std::max(kPrefaultMin, 2 * (end - synced_)));
    }
    synced_ = end;
    return true;
}

bool Segment::flush() const {
    return ::fdatasync(file_) == 0;
}

/// The sync has made the pages read-only, and each first write would cost the worker a fault of
/// some 20 µs. They are made writable here, on the sync thread: as many as the worker wrote since
/// the last time, twice.
void Segment::prefault(std::uint64_t begin, std::uint64_t bytes) {
#if defined(MADV_POPULATE_WRITE)
    const std::uint64_t from = begin & ~(kPageBytes - 1);
    const std::uint64_t to =
        std::min(bytes_, (begin + std::min(bytes, kPrefaultMax)) | (kPageBytes - 1));
    if (from < to) {
        // Kernels before 5.14 refuse: then the worker takes the faults.
        static_cast<void>(::madvise(data_ + from, to - from, MADV_POPULATE_WRITE));
    }
#else
    static_cast<void>(begin + bytes);
#endif
}

void Segment::drop_pages() {
    ::madvise(data_, bytes_, MADV_DONTNEED);
}

}  // namespace pulse::storage
